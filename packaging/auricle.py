"""Start of the installed command line program."""

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # first: processes that training starts are this program again
    from aaccore.__main__ import main

    sys.exit(main())
