# One static library per folder, one GoogleTest binary per folder.

# How many times slower the programs are than those that ship, at most: limits of time of the tests on
# real processes grow with it (tests/lib/cluster.sh, common/testing/eventually.h). Without
# optimisation and on two cores, ThreadSanitizer costs that much.
if(TUSK_SANITIZE)
  set(TUSK_SLOWDOWN 10)
else()
  set(TUSK_SLOWDOWN 1)
endif()

# tusk_folders(a b ...): enters the named sub-folders that exist by now.
function(tusk_folders)
  foreach(folder ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

function(tusk_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SRCS})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS})
endfunction()

# A folder of headers only.
function(tusk_headers name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_library(${name} INTERFACE)
  target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  target_link_libraries(${name} INTERFACE ${ARG_DEPS})
endfunction()

function(tusk_program name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
  tusk_integration_needs(${name})
endfunction()

# tusk_integration_needs(a b ...): the target `integration_tests` makes them too. It is what
# `ctest -LE unit` runs, and no more: programs, examples, the tests' own.
function(tusk_integration_needs)
  if(NOT TARGET integration_tests)
    add_custom_target(integration_tests)
  endif()
  add_dependencies(integration_tests ${ARGN})
endfunction()

# LABELS: unit (milliseconds, no process, no sleep), integration (real processes), compat (stock clients).
function(tusk_test name)
  if(NOT TUSK_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SRCS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock_main)
  # What is tested is built as it ships; the tests' own code is compiled once and run once.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  if(ARG_LABELS STREQUAL unit)
    if(NOT TARGET unit_tests)
      add_custom_target(unit_tests)  # what `ctest -L unit` needs, and no more
    endif()
    add_dependencies(unit_tests ${name})
  else()
    tusk_integration_needs(${name})
  endif()
  math(EXPR timeout "${ARG_TIMEOUT} * ${TUSK_SLOWDOWN}")
  gtest_discover_tests(
    ${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${timeout}
                                               ENVIRONMENT "TUSK_SLOWDOWN=${TUSK_SLOWDOWN}")
endfunction()

# tusk_proto(name PROTOS a.proto b.proto DEPS other_proto): messages only, lite runtime.
function(tusk_proto name)
  cmake_parse_arguments(ARG "" "" "PROTOS;DEPS" ${ARGN})
  set(generated)
  foreach(proto ${ARG_PROTOS})
    file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${proto})
    string(REGEX REPLACE "\\.proto$" "" stem ${relative})
    set(out ${PROJECT_BINARY_DIR}/${stem}.pb)
    add_custom_command(
      OUTPUT ${out}.cc ${out}.h
      COMMAND protobuf::protoc --cpp_out=lite:${PROJECT_BINARY_DIR} -I${PROJECT_SOURCE_DIR}
              ${PROJECT_SOURCE_DIR}/${relative}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${proto}
      COMMENT "protoc ${relative}"
      VERBATIM)
    list(APPEND generated ${out}.cc ${out}.h)
  endforeach()
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC ${PROJECT_BINARY_DIR})
  target_compile_options(${name} PRIVATE -w)
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf-lite ${ARG_DEPS})
endfunction()
