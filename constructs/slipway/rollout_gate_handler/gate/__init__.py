"""Functions that look at the cluster: the rollout gate, and the pod watch. The folder above is what Lambda gets."""
