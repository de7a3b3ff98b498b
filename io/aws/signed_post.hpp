// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/aws/secret.hpp"
#include "io/names/region.hpp"

#include <chrono>
#include <string_view>

namespace keyferry::io {

/// A request to an AWS service that is called infrequently. KMS, which may be called thousands of
/// times per second, has its own signer that caches the constant parts (kms_request_signer.hpp).
struct ServicePost {
    ServicePost(std::string_view service_, std::string_view path_, std::string_view content_type_)
        : service(service_), path(path_), content_type(content_type_) {}

    std::string_view service;  ///< the name in the credential scope, such as "sts"
    std::string_view path;
    std::string_view content_type;
    std::string_view body;
    std::string_view user_agent;  ///< if empty, the header is omitted
};

/// Builds a complete HTTP/1.1 request to `endpoint`, signed with `caller` for `region` at
/// `signed_at`; unsigned if `caller` is null. Returns a Secret, since the request contains the
/// session token.
[[nodiscard]] Secret signed_post(const ServicePost& post,
                                 const Endpoint& endpoint,
                                 const Region& region,
                                 const Credentials* caller,
                                 std::chrono::sys_seconds signed_at);

}  // namespace keyferry::io
