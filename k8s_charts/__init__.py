"""The Kubernetes manifests of the application, synthesised with cdk8s.

The charts know Kubernetes and the application, nothing of AWS: image names and the database's address come in as
typed arguments, so the same charts run in EKS, in a local cluster and in the rehearsal.

Nothing is imported here: who reads a Dockerfile or renders NGINX's configuration need not wait for cdk8s.
"""
