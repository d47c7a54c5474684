# llama-cpp-python compiles a library for llama.cpp's command-line tools that neither it nor this project loads.
# make includes this file when llama.cpp's project begins; a variable set here precedes the cached one.
set(LLAMA_BUILD_COMMON OFF)
