# bash deadline.sh FILE HOURS: print the seconds that a job has left, or say that its time is over, and fail.
#
# FILE is in the bucket. The first machine of a job writes the deadline there, HOURS from then. Every later machine of the
# same job finds it, however often one was taken away.
set -eu
file="$1" hours="$2" now="$(date +%s)"
if ! [[ "$hours" =~ ^[0-9]+(\.[0-9]+)?$ ]]; then
  echo "HOURS_TOTAL is '$hours'; it must be a number of hours, such as 8 or 0.5" >&2
  exit 1
fi
if [ ! -s "$file" ]; then
  mkdir -p "$(dirname "$file")"
  awk -v now="$now" -v hours="$hours" 'BEGIN { printf "%d\n", now + 3600 * hours }' > "$file"
fi
left=$(($(cat "$file") - now))
if [ "$left" -le 0 ]; then
  echo "The job's $hours hours (HOURS_TOTAL) have been over for $((-left / 60)) minutes; launch it again to give it more" >&2
  exit 1
fi
echo "$left"
