"""The slow, obviously right twin of Touchstone: SPADE and its metrics in NumPy and SciPy.

Written from the papers' formulas alone and sharing no code with the C++ tool, so that the two agreeing
means something. Nothing here is tuned for speed; torch only runs the TorchScript extractor.
"""
