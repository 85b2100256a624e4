"""Printed letters for the print room: the sheet as PDF, and the parcel in which it is dropped."""
