"""Buckets that are emptied before they are deleted."""

from rehearsal.aws.resources.resource_type import Made, Properties, ResourceType, client


def _create(properties: Properties, _name: str) -> Made:
    return f"emptied-{properties['BucketName']}", {}


def _empty(_physical_id: str, properties: Properties) -> None:
    """Delete every version of every object, as the CDK's function does, for which the emulator lacks a library."""
    s3, bucket = client("s3"), properties["BucketName"]
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        ]
        if found:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": found})


TYPES = {"Custom::S3AutoDeleteObjects": ResourceType(_create, _empty)}
