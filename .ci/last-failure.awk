# Of an ansible log, the last task that ended a play with a failure: what is wanted at the very end of a long output.
{ sub(/^[0-9-]+ [0-9:,]+ p=[0-9]+ u=[^ ]+ n=[^ ]+ [A-Z]+\| /, "") }
/^TASK \[/ { task = $0; block = "" }
/^(fatal|failed): / { block = task "\n" }
block != "" && /^(PLAY RECAP|PLAY \[)/ { last = block; block = "" }
block != "" { block = block substr($0, 1, 300) "\n" }
END { printf "%s", substr(last block, 1, 3000) }
