// SPDX-License-Identifier: Apache-2.0 The only file that compiles Asio and Beast. All other files
// only include declarations.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
