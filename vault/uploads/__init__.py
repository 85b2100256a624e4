"""Unfinished uploads: sealed parts that only the sender's own address of the upload opens, until they are a document."""
