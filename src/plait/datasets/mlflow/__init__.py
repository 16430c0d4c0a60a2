"""Datasets for experiments: metrics and models that lie in files here, and what is fetched from MLflow.

What a run saves is told to MLflow by whoever listens to the run, not by these: they need no server. Only
``server`` asks one.
"""
