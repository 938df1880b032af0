# SPDX-License-Identifier: MIT OR Unlicense
# find_package(amt VERSION): the header has the version. It fits if it is not
# older and has the same first number; before 1.0, the same second one as well.
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/../../../include/amt.h" amt_lines
  REGEX "^#define AMT_VERSION_[MP][A-Z]+ [0-9]+$")
string(REGEX REPLACE "[^0-9;]" "" amt_numbers "${amt_lines}")
string(REPLACE ";" "." PACKAGE_VERSION "${amt_numbers}")

string(REGEX MATCH "^0[.][0-9]+|^[0-9]+" amt_series "${PACKAGE_VERSION}")
string(REGEX MATCH "^0[.][0-9]+|^[0-9]+" amt_wanted "${PACKAGE_FIND_VERSION}")
if(amt_series STREQUAL amt_wanted AND
   NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
endif()
