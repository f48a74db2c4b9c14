"""The desktop application around `aaccore`: it shows and decides, and never touches a tensor.

The window is a later part: until then this package holds nothing, and `auricle` in a terminal is the way in.
"""
