# Of an ansible log, what each host that the last play failed on was told last: what is wanted at the very end of a long
# output. A host goes on after a failure that is rescued, and others do while it fails, where none waits for the other.
sub(/^[0-9-]+ [0-9:,]+ p=[0-9]+ u=[^ ]+ n=[^ ]+ [A-Z]+\| /, "") { host = "" } # a message's first line
/^TASK \[/ { task = $0; tasks++ }
/^PLAY RECAP/ { last = "" }
/^(fatal|failed): \[/ {
    host = $2
    gsub(/^\[|\]:?$/, "", host)
    if (of[host] != tasks) told[host] = task "\n" # not the next item of the same task
    of[host] = tasks
}
host != "" { told[host] = told[host] substr($0, 1, 300) "\n" }
/ (unreachable|failed)=[1-9]/ { last = last substr(told[$1], 1, 3000) }
END { printf "%s", last }
