"""What `make bootstrap` makes before the first deployment: the limits of every deployment that follows.

An administrator runs it once for an account and region, and again when this folder, the system's name or its domain
change. It is an app of its own, `python -m bootstrap`, because it is deployed with the administrator's credentials.
"""
