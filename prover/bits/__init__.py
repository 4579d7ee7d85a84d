"""Floating-point recipes: do two kernels give the same bits?"""
