"""The resource types that the emulator lacks, and what it lets pass that AWS would refuse.

Runs inside the emulator: `python -m rehearsal.aws.resources`. A type does what CloudFormation does: it calls the
service, by boto3, so that everybody sees the result. Only what no call can say is written into the emulator's stores.
"""
