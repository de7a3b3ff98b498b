// SPDX-License-Identifier: Apache-2.0
// The only file that compiles Asio and Beast; all other files see only declarations.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
