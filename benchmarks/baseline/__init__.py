"""The same contract as the training project served it: what our speed is compared with."""
