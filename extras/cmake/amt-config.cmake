# SPDX-License-Identifier: MIT OR Unlicense
# find_package(amt): the target amt::amt, with the installed headers. CMake
# itself exports it when it installs; make install does without CMake.
if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/amt-targets.cmake")
  include("${CMAKE_CURRENT_LIST_DIR}/amt-targets.cmake")
elseif(NOT TARGET amt::amt)
  get_filename_component(amt_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.."
    ABSOLUTE)
  add_library(amt::amt INTERFACE IMPORTED)
  set_target_properties(amt::amt PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${amt_prefix}/include")
  unset(amt_prefix)
endif()
