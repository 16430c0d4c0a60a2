"""Runs told to MLflow: written to a spool while they run, sent by a process of its own.

``settings`` reads ``mlflow.yml``; ``observer`` turns the events of a run into lines of its ``spool`` and
starts the sender; ``sending`` is the only module that imports MLflow, and runs in that process or in
``plait mlflow sync``. Whatever becomes of the tracking server, a run neither waits for it nor fails with it.
"""
