"""The desktop application around `aaccore`: it shows and decides, and never touches a tensor."""
