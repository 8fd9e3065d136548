# How Sallyport's targets are made: one static library for each folder of src/, its unit tests
# (*_test.cc beside the code) in one program, one file or folder of src/bin/ for each program.

# Everything that ctest runs, and nothing else: what the sanitizer builds need.
add_custom_target(unit_tests)

# sallyport_library(NAME FOLDER [RECURSE] DEPENDS lib...): all *.cc of src/FOLDER but *_test.cc.
function(sallyport_library NAME FOLDER)
  cmake_parse_arguments(ARG "RECURSE" "" "DEPENDS" ${ARGN})
  if(ARG_RECURSE)
    file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${FOLDER}/*.cc)
  else()
    file(GLOB all CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${FOLDER}/*.cc)
  endif()
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(${NAME} STATIC ${sources})
    target_link_libraries(${NAME} PUBLIC sallyport_options ${ARG_DEPENDS})
  else()
    add_library(${NAME} INTERFACE)
    target_link_libraries(${NAME} INTERFACE sallyport_options ${ARG_DEPENDS})
  endif()
  if(tests)
    add_executable(${NAME}_test ${tests})
    target_link_libraries(${NAME}_test PRIVATE ${NAME} GTest::gtest GTest::gtest_main)
    target_compile_definitions(${NAME}_test PRIVATE SALLYPORT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    set_target_properties(${NAME}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
    add_test(NAME ${NAME} COMMAND ${NAME}_test)
    add_dependencies(unit_tests ${NAME}_test)
  endif()
endfunction()

# sallyport_program(NAME DEPENDS lib...): src/bin/NAME.cc, or every *.cc of src/bin/NAME/, as bin/NAME.
function(sallyport_program NAME)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/bin/${NAME}.cc ${CMAKE_SOURCE_DIR}/src/bin/${NAME}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  add_executable(${NAME} ${sources})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS})
  # What ships is linked by GNU ld. mold 1.10.1 lays out a program with thread-local storage so that, at some sizes, its
  # read-only segment begins on a page that is not mapped, and the loader refuses to start it.
  target_link_options(${NAME} PRIVATE -fuse-ld=bfd)
endfunction()

# sallyport_fuzzer(FILE DEPENDS lib...): tests/fuzz/x_fuzz.cc defines LLVMFuzzerTestOneInput. With
# SALLYPORT_FUZZ it becomes a fuzzer; in every other build a test that replays tests/fuzz/corpus/x/.
function(sallyport_fuzzer FILE)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  get_filename_component(name ${FILE} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" topic ${name})
  add_executable(${name} ${FILE})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  if(SALLYPORT_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
    add_test(NAME ${name} COMMAND ${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${topic})
    add_dependencies(unit_tests ${name})
  endif()
endfunction()
