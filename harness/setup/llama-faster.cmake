# What makes llama.cpp compile faster. make includes this file when the project of llama-cpp-python begins.

# A library of the command-line tools, which nothing here loads. A variable set here precedes the cached one.
set(LLAMA_BUILD_COMMON OFF)

# The 150 small files of single models spend their time on the same headers: twenty are compiled as one.
function(unite_models)
  if(NOT TARGET llama)
    return()
  endif()
  get_target_property(folder llama SOURCE_DIR)
  get_target_property(others llama SOURCES)
  list(FILTER others EXCLUDE REGEX "models/.*\\.cpp$")
  set_source_files_properties(${others} DIRECTORY ${folder} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set_target_properties(llama PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 20)
endfunction()
# CMake before 3.19 cannot call a function when all targets are known; it compiles each file alone.
if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.19)
  cmake_language(DEFER CALL unite_models)
endif()
