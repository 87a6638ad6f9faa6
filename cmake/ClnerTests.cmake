# clner_add_suites(TARGET PREFIX p LABELS l...): one CTest entry for each GoogleTest suite of the program, where
# gtest_discover_tests makes one for each test: fewer processes to start. For quick tests that need no process of their own;
# scripts/test.sh counts the tests inside of the entries.
function(clner_add_suites target)
  cmake_parse_arguments(arg "" "PREFIX;FILTER" "LABELS" ${ARGN})
  set(file "${CMAKE_CURRENT_BINARY_DIR}/${target}_suites.cmake")
  add_custom_command(TARGET ${target} POST_BUILD BYPRODUCTS "${file}" VERBATIM
    COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=$<TARGET_FILE:${target}>" "-DPREFIX=${arg_PREFIX}" "-DFILTER=${arg_FILTER}" "-DLABELS=${arg_LABELS}" "-DOUT=${file}"
            -P "${PROJECT_SOURCE_DIR}/cmake/ListSuites.cmake")
  set(include "${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake")
  file(WRITE "${include}" "if(EXISTS \"${file}\")\n  include(\"${file}\")\nelse()\n  add_test(${target}_NOT_BUILT ${target}_NOT_BUILT)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${include}")
endfunction()
