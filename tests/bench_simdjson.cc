// simdjson for bench_json.c: its DOM, whose parser and padded copy are kept from
// one document to the next, as its manual advises.
#include <simdjson.h>

extern "C" int simdjson_parse(const char *p, size_t n, int is_list,
                              long *status,
                              void (*text)(const char *p, size_t n))
{
  static simdjson::dom::parser parser;
  simdjson::dom::element       doc, list;
  if (parser.parse(p, n).get(doc)) return 0;
  auto object = [&](simdjson::dom::element o) {
    std::string_view t;
    int64_t          s;
    if (!o["Text"].get(t)) text(t.data(), t.size());
    if (!is_list && !o["Status"].get(s)) *status = (long)s;
  };
  if (!is_list) object(doc);
  else if (!doc["Messages"].get(list))
    for (auto o : simdjson::dom::array(list)) object(o);
  return 1;
}

/* SPDX-License-Identifier: MIT OR Unlicense */
