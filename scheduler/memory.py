"""Keep a process of many threads small: what a page took goes back to the system, whichever thread read it.

glibc gives each thread a heap of its own, raises the size from which pieces are mapped alone as larger ones are freed,
and keeps what is freed at the end of a heap: after some hundred polls that is more than all that is in use. On other
systems none of this is known, and nothing is done.
"""

import ctypes

_ARENA_MAX, _TRIM_THRESHOLD, _MMAP_THRESHOLD = -8, -1, -3
"""Numbers of mallopt(3); https://man7.org/linux/man-pages/man3/mallopt.3.html."""
_LARGE = 128 * 1024


def be_frugal() -> None:
    """Let threads share one heap and map what is large alone, which goes back when it is freed; call this first."""
    library = _library()
    if hasattr(library, "mallopt"):
        for option, value in ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _LARGE)):
            library.mallopt(option, value)


def give_back() -> None:
    """Return what is free in the middle of the heap to the system."""
    library = _library()
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None)
