"""The rollout gate's function; the folder above is what Lambda gets."""
