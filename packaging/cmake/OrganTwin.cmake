# Compiler settings and the two functions every folder uses: ot_library and ot_tests.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(OT_CCACHE ccache)
if(OT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${OT_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(OpenSSL REQUIRED)
if(OT_OPENMP)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
endif()

if(OT_SANITIZE)
  add_compile_options(-fsanitize=${OT_SANITIZE} -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${OT_SANITIZE})
endif()

# Eigen must not start threads of its own and must give the same bits for every thread count.
add_compile_definitions(EIGEN_DONT_PARALLELIZE)

add_library(ot_warnings INTERFACE)
target_compile_options(ot_warnings INTERFACE -Wall -Wextra -Wno-unknown-pragmas -Wno-maybe-uninitialized)

# ot_library(<name> SOURCES ... [PUBLIC libs...] [PRIVATE libs...])
# A static library whose headers are included from the source root, so that a reader sees the layer.
function(ot_library name)
  cmake_parse_arguments(A "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${A_PUBLIC} PRIVATE ${A_PRIVATE} ot_warnings)
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# ot_tests(<name> SOURCES ... LIBS ... [LABELS ...] [TIMEOUT s] [GUI])
# One Catch2 executable; each TEST_CASE becomes a ctest test. Exit code 77 means "skipped: its data is absent".
function(ot_tests name)
  cmake_parse_arguments(A "GUI" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 600)
  endif()
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE ${A_LIBS} ot_test_main ot_warnings)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  # -w NoTests: a name that ctest cannot pass on unchanged fails instead of passing without having run.
  # Passive waiting: libgomp's busy waiting slows two threads ten-fold beside any other load.
  catch_discover_tests(${name} TEST_PREFIX "${name}: " DISCOVERY_MODE PRE_TEST EXTRA_ARGS -w NoTests
    PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${A_TIMEOUT} LABELS "${A_LABELS}" ENVIRONMENT "OMP_WAIT_POLICY=passive")
endfunction()
