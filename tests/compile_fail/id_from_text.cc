// Text becomes an id by parse(), which looks at it first.
// expect: could not convert|no viable conversion|is private within this context|no matching function
#include <string>

#include "core/model/ids.h"

using sallyport::CaseId;

#ifdef MUST_NOT_COMPILE
CaseId id(const std::string& text) { return text; }
#else
CaseId id(const std::string& text) { return CaseId::parse(text).value_or(CaseId()); }
#endif
