#!/usr/bin/env bash
# Removes every version and delete marker of a bucket, so that its stack can be destroyed. What is locked stays and is told.
#   infra/empty-bucket.sh BUCKET
set -euo pipefail
bucket=${1:?Say which bucket: infra/empty-bucket.sh BUCKET}

read -r -p "Remove everything in $bucket for ever? Type its name: " answer
[ "$answer" = "$bucket" ] || { echo "Nothing was removed." >&2; exit 1; }

for kind in Versions DeleteMarkers; do
  while true; do
    batch=$(aws s3api list-object-versions --bucket "$bucket" --max-items 1000 --output json \
      --query "{Objects: $kind[].{Key: Key, VersionId: VersionId}, Quiet: \`true\`}")
    grep -q '"Key"' <<<"$batch" || break
    failed=$(aws s3api delete-objects --bucket "$bucket" --delete "$batch" --query 'Errors[].[Key,Code]' --output text)
    if [ -n "$failed" ] && [ "$failed" != None ]; then
      echo "Not removed (locked?):" >&2
      echo "$failed" >&2
      exit 1
    fi
  done
done
echo "$bucket is empty."
