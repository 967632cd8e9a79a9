"""Readers: files of arrays, tables and images; folders of images; the data sets that everybody knows.

What is damaged raises a FormatError that says what is wrong with which file; nothing that is read is ever run.
"""
