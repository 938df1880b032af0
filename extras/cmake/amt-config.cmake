# find_package(amt): the target amt::amt, where the installed headers are.
get_filename_component(amt_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET amt::amt)
  add_library(amt::amt INTERFACE IMPORTED)
  set_target_properties(amt::amt PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${amt_prefix}/include")
endif()
unset(amt_prefix)
