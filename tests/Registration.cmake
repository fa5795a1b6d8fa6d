# How tests enter ctest: lastack_add_tests for Catch2 programs, lastack_add_command_test for others.

# A name says which build it ran in, since tools/check runs several builds as one list of tests.
set(LASTACK_TEST_PREFIX "")
if(LASTACK_SANITIZE STREQUAL "thread")
  set(LASTACK_TEST_PREFIX "tsan/")
elseif(LASTACK_SANITIZE)
  set(LASTACK_TEST_PREFIX "asan-ubsan/")
elseif(CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(LASTACK_TEST_PREFIX "debug/")
endif()

# What the registered tests need built: `cmake --build build/tsan --target lastack_checks`.
add_custom_target(lastack_checks)

# Sets `result` to whether a test with these labels belongs to this build (LASTACK_TEST_LABELS).
function(lastack_labels_wanted result)
  set(wanted FALSE)
  foreach(label IN LISTS ARGN)
    if(NOT LASTACK_TEST_LABELS OR label IN_LIST LASTACK_TEST_LABELS)
      set(wanted TRUE)
    endif()
  endforeach()
  set(${result} ${wanted} PARENT_SCOPE)
endfunction()

# lastack_add_tests(unit_tcp LABELS unit SOURCES seq_test.cpp ... LINKS Lastack::tcp ...)
# builds the program lastack_unit_tcp_tests and registers each of its test cases as "unit_tcp/title".
# A test case with the tag [long] computes much and is left out under sanitizers.
# Test cases are compiled without optimisation, which takes half the time; with COMPUTES, for those that
# work out much themselves, as the build says.
function(lastack_add_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "COMPUTES" "TIMEOUT" "LABELS;SOURCES;LINKS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_LABELS OR NOT arg_SOURCES)
    message(FATAL_ERROR "lastack_add_tests(${name}): want LABELS, SOURCES and LINKS")
  endif()
  lastack_labels_wanted(wanted ${arg_LABELS})
  if(NOT wanted)
    return()
  endif()
  if(LASTACK_SANITIZE)
    list(APPEND arg_LABELS sanitizer)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()

  set(program lastack_${name}_tests)
  add_executable(${program} ${arg_SOURCES})
  add_dependencies(lastack_checks ${program})
  set_target_properties(${program} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests/bin)
  target_link_libraries(${program} PRIVATE ${arg_LINKS} lastack_catch_main lastack_warnings)
  if(NOT arg_COMPUTES)
    target_compile_options(${program} PRIVATE -O0)
    lastack_precompile(${program} tests)
  endif()
  target_compile_definitions(${program} PRIVATE
    LASTACK_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    LASTACK_BUILD_DIR="${PROJECT_BINARY_DIR}")
  set(cases "")
  if(LASTACK_SANITIZE)
    set(cases ~[long])
  endif()
  catch_discover_tests(${program}
    TEST_SPEC ${cases}
    TEST_PREFIX "${LASTACK_TEST_PREFIX}${name}/"
    EXTRA_ARGS --warn NoTests)  # a title that ctest could not pass on must not count as passed

  # Catch2 2.13 cannot pass on a list of labels, so they are set when ctest reads its test files.
  set(labels_file ${CMAKE_CURRENT_BINARY_DIR}/${program}_labels.cmake)
  file(CONFIGURE OUTPUT ${labels_file} @ONLY CONTENT [=[
if(@program@_TESTS)
  set_tests_properties(${@program@_TESTS} PROPERTIES
    LABELS "@arg_LABELS@"
    TIMEOUT @arg_TIMEOUT@
    SKIP_REGULAR_EXPRESSION "\nskipped: "  # tests/support/skip.hpp
    ENVIRONMENT UBSAN_OPTIONS=print_stacktrace=1)
endif()
]=])
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels_file})
endfunction()

# lastack_add_command_test("tidy/sources" LABELS tidy COMMAND python3 ...): exit code 0 is success,
# 77 means that the test was skipped. Such tests take longest, so they begin first.
function(lastack_add_command_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "LABELS;COMMAND")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_LABELS OR NOT arg_COMMAND)
    message(FATAL_ERROR "lastack_add_command_test(${name}): want LABELS and COMMAND")
  endif()
  lastack_labels_wanted(wanted ${arg_LABELS})
  if(NOT wanted)
    return()
  endif()
  if(LASTACK_SANITIZE)
    list(APPEND arg_LABELS sanitizer)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME "${LASTACK_TEST_PREFIX}${name}" COMMAND ${arg_COMMAND})
  foreach(word IN LISTS arg_COMMAND)
    string(REGEX REPLACE "^\\$<TARGET_FILE:(.*)>$" "\\1" target "${word}")
    if(TARGET "${target}" AND NOT target MATCHES ::)
      add_dependencies(lastack_checks ${target})
    endif()
  endforeach()
  set_tests_properties("${LASTACK_TEST_PREFIX}${name}" PROPERTIES
    LABELS "${arg_LABELS}"
    TIMEOUT ${arg_TIMEOUT}
    SKIP_RETURN_CODE 77
    COST 10
    ENVIRONMENT UBSAN_OPTIONS=print_stacktrace=1)
endfunction()
