# Reads ctest's JUnit report. Prints what every failed test said, why tests were skipped, the failed
# tests' names ("FAILED: name"), and last "N passed, N failed, N skipped".
#
# A test may be a whole GoogleTest program: then its cases are counted, and of its output only the
# failed cases' is shown. What a case says is cut to its last lines.

BEGIN { kept = 80 }

# The value of an attribute, or nothing.
function attribute(name, from) {
  from = index($0, " " name "=\"")
  if (from == 0) return ""
  return substr($0, from + length(name) + 3, index(substr($0, from + length(name) + 3), "\"") - 1)
}

function forget() { first = 1; last = 0 }

function keep(line) {
  said[++last] = line
  if (last - first >= kept) delete said[first++]
}

function show(i) {
  for (i = first; i <= last; i++) print plain(said[i])
  forget()
}

function plain(text) {
  gsub(/&quot;/, "\"", text)
  gsub(/&lt;/, "<", text)
  gsub(/&gt;/, ">", text)
  gsub(/&amp;/, "\\&", text)
  return text
}

function failure(what) { failures[++failed] = what }

function skip(why) {
  skipped++
  reasons[why == "" ? "no reason given" : why]++
}

/<testcase / {
  name = attribute("name")
  status = attribute("status")
  good = bad = omitted = inside = ending = 0
  reason = ""
  forget()
}

/<system-out>/ {
  inside = 1
  sub(/.*<system-out>/, "")
  if (status == "fail") printf "\n--- %s\n", name
}

/<\/system-out>/ {
  sub(/<\/system-out>.*/, "")
  ending = 1
}

# A case's own lines begin anew with it.
inside && /^\[ RUN      \] / { forget() }
inside && /^\[       OK \] / {
  good++
  forget()
  next
}
inside && /^\[  SKIPPED \] .* ms\)$/ {
  omitted++
  if (status != "notrun") skip(reason)
}
inside && /^\[  FAILED  \] .* ms\)$/ {
  bad++
  keep($0)
  case_name = $4
  sub(/,$/, "", case_name)
  failure(case_name == name || index(name, case_name) ? name : name " " case_name)
  if (status == "fail") show()
  next
}

inside {
  if (taken) reason = plain($0)
  taken = /: Skipped$/
  if (match($0, /SKIPPED: .*/)) reason = plain(substr($0, RSTART + 9))
  if ($0 != "") keep($0)
  if (ending) inside = 0
}

/<\/testcase>/ {
  if (status == "notrun") skip(reason)
  if (status == "run") passed += (good + omitted > 0) ? good : 1
  if (status == "fail") {
    passed += good
    # The program's own end: what a sanitizer says, an abort, a test that is no GoogleTest program.
    show()
    if (bad == 0) failure(name)
  }
  inside = 0
}

END {
  for (why in reasons) printf "  skipped %d: %s\n", reasons[why], why
  for (i = 1; i <= failed; i++) print "FAILED: " failures[i]
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
}
