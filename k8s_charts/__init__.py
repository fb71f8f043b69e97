"""The Kubernetes manifests of the application, synthesised with cdk8s.

The charts know Kubernetes and the application, nothing of AWS: image names and the database's address come in as
typed arguments, so the same charts run in EKS, in a local cluster and in the rehearsal.
"""

from k8s_charts.application import Application, Images
from k8s_charts.arguments import ChartError
from k8s_charts.database import Database
from k8s_charts.network import Network

__all__ = ["Application", "ChartError", "Database", "Images", "Network"]
