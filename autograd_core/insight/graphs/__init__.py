"""Graphs as data, and their views: drawings, text, Mermaid and pages."""
