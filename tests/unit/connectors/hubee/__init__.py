"""Tests of the HubEE connector."""
