// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/simulator/server/kms_handler.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace keyferry::simulator {

inline constexpr int kHttpOk = 200;
inline constexpr int kHttpBadRequest = 400;
inline constexpr int kHttpNotFound = 404;
inline constexpr int kHttpMisdirected = 421;

/// A response that consists only of a status and a body.
[[nodiscard]] inline HandlerResponse plain_response(int status,
                                                    std::string_view content_type,
                                                    std::string body) {
    HandlerResponse response;
    response.http_status = status;
    response.content_type = content_type;
    response.body = std::move(body);
    return response;
}

}  // namespace keyferry::simulator
