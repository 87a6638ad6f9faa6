# What ran inside of the entries of a LastTest.log of ctest. First line: tests, failed, skipped; then a line for each failed
# test, and for each reason to skip with its number. Needs -v skipped_entries=":NAME:NAME:", which ctest itself skipped.
# A test that a program announced and did not get to, because it ended before, counts as failed.
/^[0-9]+\/[0-9]+ Test: / {
  name = $0
  sub(/^[0-9]+\/[0-9]+ Test: /, "", name)
  announced = passed = skipped = ended = good = 0
  running = last = ""
  next
}
/\[==========\] Running [0-9]+ tests? from / {
  announced = $0
  sub(/.*\] Running /, "", announced)
  announced += 0
}
/^\[ RUN      \] / { running = substr($0, 14) }
/\[       OK \] .* \([0-9]+ ms\)$/ { ++passed; running = "" }
/\[  SKIPPED \] .* \([0-9]+ ms\)$/ { ++skipped; running = "" }
/\[  FAILED  \] .* \([0-9]+ ms\)$/ { failures[++failure_count] = name ": " running; running = "" }
/: Skipped$/ { getline; ++reasons[$0] }
/^<end of output>$/ { ended = 1 }
!ended && NF { last = $0 }
ended && /^Test (Passed[.]|Pass Reason:)$/ { good = 1 }
ended && /^".*" time elapsed: / {
  if (announced) {
    lost = announced - passed - skipped
    if (running != "") failures[++failure_count] = name ": " running " ended the program"
    if (!good && lost == 0) {
      lost = 1
      failures[++failure_count] = name ": after its tests"
    }
    tests += announced
  } else {
    skipped = index(skipped_entries, ":" name ":") > 0
    lost = !good && !skipped
    if (skipped) ++reasons[last]
    if (lost) failures[++failure_count] = name
    ++tests
  }
  all_skipped += skipped
  failed += lost
}
END {
  print tests + 0, failed + 0, all_skipped + 0
  for (i = 1; i <= failure_count; ++i) print "  failed: " failures[i]
  for (reason in reasons) printf "  %4d x %s\n", reasons[reason], reason
}
