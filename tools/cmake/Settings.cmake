# Compiler settings and the one function that every layer calls.

# These hold for every object of a build, ours or a test's, so they are set once for the directory.
# No contraction to fused multiply-add: the same scenario gives the same bytes on every machine.
add_compile_options(-ffp-contract=off)
if(LASTACK_SANITIZE STREQUAL "address-undefined")
  set(sanitizer_flags -fsanitize=address,undefined -fno-sanitize-recover=all
      -D_GLIBCXX_ASSERTIONS)
elseif(LASTACK_SANITIZE STREQUAL "thread")
  set(sanitizer_flags -fsanitize=thread -D_GLIBCXX_ASSERTIONS)
elseif(NOT LASTACK_SANITIZE STREQUAL "")
  message(FATAL_ERROR "LASTACK_SANITIZE: want address-undefined, thread or nothing, "
                      "have ${LASTACK_SANITIZE}")
endif()
if(LASTACK_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns falsely about its own <regex> and <functional> when they are instrumented.
  list(APPEND sanitizer_flags -Wno-maybe-uninitialized)
endif()
add_compile_options(${sanitizer_flags})
add_link_options(${sanitizer_flags})

# Profile-guided optimisation, in two builds of one directory: the first's programs show the second
# where the time goes.
set(profile ${PROJECT_BINARY_DIR}/profile)
if(LASTACK_PROFILE STREQUAL "generate")
  set(profile_flags -fprofile-generate=${profile} -fprofile-update=prefer-atomic)
elseif(LASTACK_PROFILE STREQUAL "use")
  # What the training does not reach is optimised as usual, not for size.
  set(profile_flags -fprofile-use=${profile} -fprofile-partial-training -Wno-missing-profile)
elseif(NOT LASTACK_PROFILE STREQUAL "")
  message(FATAL_ERROR "LASTACK_PROFILE: want generate, use or nothing, have ${LASTACK_PROFILE}")
endif()
add_compile_options(${profile_flags})
add_link_options(${profile_flags})

if(LASTACK_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "LASTACK_FUZZ needs clang: use the preset `asan-ubsan`")
  endif()
endif()

find_program(LASTACK_CCACHE ccache)
if(LASTACK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LASTACK_CCACHE})
  if(LASTACK_PCH)  # what ccache's manual asks for with precompiled headers
    set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${LASTACK_CCACHE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      add_compile_options(-fpch-preprocess)
    endif()
  endif()
endif()

# Warnings for our own code only. BUILD_INTERFACE keeps them out of the installed package.
add_library(lastack_warnings INTERFACE)
set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # g++ leaves these out of -Wconversion in C++.
  list(APPEND warnings -Wno-sign-conversion -Wno-string-conversion)
else()
  list(APPEND warnings -Wno-restrict)  # g++ 12 sees overlaps in every "literal" + std::string
endif()
if(LASTACK_WERROR)
  list(APPEND warnings -Werror)
endif()
target_compile_options(lastack_warnings INTERFACE "$<BUILD_INTERFACE:${warnings}>")
set_target_properties(lastack_warnings PROPERTIES EXPORT_NAME warnings)
install(TARGETS lastack_warnings EXPORT LastackTargets)

# lastack_layer(tcp): what all layers have in common. The target lastack_tcp exists already; it gets
# the alias Lastack::tcp, the public headers and its place in the installed package.
function(lastack_layer name)
  get_target_property(kind lastack_${name} TYPE)
  set(scope PUBLIC)
  if(kind STREQUAL "INTERFACE_LIBRARY")
    set(scope INTERFACE)
  endif()
  add_library(Lastack::${name} ALIAS lastack_${name})
  set_target_properties(lastack_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(lastack_${name} ${scope} cxx_std_20)
  target_include_directories(lastack_${name} ${scope}
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  install(TARGETS lastack_${name} EXPORT LastackTargets)
endfunction()

# lastack_unity(lastack_net): the target's sources are compiled some at a time as one, which saves to read
# the same headers again and again. So names in unnamed namespaces are a layer's own, not a file's; builds
# with sanitizers compile each source by itself, and find an #include that is missing.
function(lastack_unity target)
  if(NOT LASTACK_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # For g++ only what stands in the main file is of that file alone.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# lastack_hot(lastack_tcp): a layer that every event passes through. Its objects hold what g++ needs to optimise
# across layers and, for whoever links them as usual, machine code, which makes them twice the work. libFuzzer
# watches what runs in them.
if(LASTACK_LTO AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  if(LASTACK_FAT_OBJECTS OR LASTACK_TESTS OR LASTACK_BENCH)
    set(hot_options -flto=auto -ffat-lto-objects)
  else()
    set(hot_options -flto=auto -fno-fat-lto-objects)
    set(CMAKE_AR ${CMAKE_CXX_COMPILER_AR})  # ar as it is finds no symbols in them
    set(CMAKE_RANLIB ${CMAKE_CXX_COMPILER_RANLIB})
  endif()
elseif(LASTACK_FUZZ)
  set(hot_options -fsanitize=fuzzer-no-link)
endif()
function(lastack_hot target)
  target_compile_options(${target} PRIVATE ${hot_options})
  lastack_precompile(${target} hot)
  lastack_unity(${target})
endfunction()

# lastack_cold(lastack_cli): a layer that no event passes through. It compiles in half the time, and
# with sanitizers in half of that.
set(cold_options $<$<CONFIG:Release>:-O1> $<$<BOOL:${LASTACK_SANITIZE}>:-O0>)
function(lastack_cold target)
  target_compile_options(${target} PRIVATE ${cold_options})
  lastack_precompile(${target} cold)
  lastack_unity(${target})
endfunction()

# lastack_cold_part(lastack_trace SOURCES ladder.cpp ... LINKS fmt::fmt ...): sources of a hot layer that no event
# passes through.
function(lastack_cold_part target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_library(${target}_cold OBJECT ${arg_SOURCES})
  target_include_directories(${target}_cold PRIVATE ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${target}_cold PRIVATE ${arg_LINKS} lastack_warnings)
  lastack_cold(${target}_cold)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_cold>)
endfunction()

# lastack_precompile(lastack_rfc_tests tests): gives a target the headers of a set as compiled already,
# if there is such a set. Its targets have the same compiler options.
function(lastack_precompile target set)
  if(TARGET lastack_precompiled_${set})
    target_precompile_headers(${target} REUSE_FROM lastack_precompiled_${set})
  endif()
endfunction()

# lastack_fast(lastack): a program whose speed matters is optimised across its hot layers. That takes
# long at each link, so others are linked as usual, for which g++ has to be asked.
if(LASTACK_LTO AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fno-lto)
endif()
function(lastack_fast program)
  if(LASTACK_LTO AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    get_target_property(options ${program} LINK_OPTIONS)
    list(REMOVE_ITEM options -fno-lto)
    # g++ 12 warns falsely of std::string when it sees the whole program.
    list(APPEND options -flto=auto -O3 -Wno-stringop-overflow)
    set_target_properties(${program} PROPERTIES LINK_OPTIONS "${options}")
  endif()
endfunction()

# lastack_uses(lastack_net Boost::headers): libraries of headers that a layer's .cpp files
# include. BUILD_INTERFACE keeps them out of the installed package, whose users need none of them.
function(lastack_uses target)
  foreach(library IN LISTS ARGN)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${library}>)
  endforeach()
endfunction()

# lastack_precompiled(tests HEADERS <string> ... OPTIONS -O0 ...) makes such a set.
function(lastack_precompiled set)
  if(NOT LASTACK_PCH)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;OPTIONS")
  set(source ${PROJECT_BINARY_DIR}/precompiled_${set}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(lastack_precompiled_${set} OBJECT ${source})
  target_compile_options(lastack_precompiled_${set} PRIVATE ${arg_OPTIONS})
  target_link_libraries(lastack_precompiled_${set} PRIVATE lastack_warnings)
  target_precompile_headers(lastack_precompiled_${set} PRIVATE
    <algorithm> <array> <charconv> <cmath> <cstdint> <functional> <limits> <map> <memory> <optional>
    <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>
    ${arg_HEADERS})
endfunction()
# g++ 12's false warnings of -O3 are not silenced in headers that were precompiled.
if(NOT (CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release"))
  lastack_precompiled(hot OPTIONS ${hot_options})
endif()
lastack_precompiled(cold HEADERS <fmt/format.h> <nlohmann/json.hpp> OPTIONS ${cold_options})
if(LASTACK_PCH)
  target_link_libraries(lastack_precompiled_cold PRIVATE fmt::fmt)
endif()
