"""What can be seen: pages and painted parts. They speak intent by signals, show results, and decide nothing."""
