// SPDX-License-Identifier: Apache-2.0
// The only file that compiles Boost.JSON.
#include <boost/json/src.hpp>
