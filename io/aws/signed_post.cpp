// SPDX-License-Identifier: Apache-2.0
#include "io/aws/signed_post.hpp"

#include "io/aws/sigv4.hpp"
#include "io/aws/timestamps.hpp"

#include <fmt/format.h>

#include <string>

namespace keyferry::io {

Secret signed_post(const ServicePost& post,
                   const Endpoint& endpoint,
                   const Region& region,
                   const Credentials* caller,
                   std::chrono::sys_seconds signed_at) {
    const std::string host = endpoint.host_header();
    const std::string date = amz_date(signed_at);
    SignableRequest signable{"POST", post.path, "", {}, post.body};
    signable.headers = {{"Host", host}, {"Content-Type", post.content_type}, {"X-Amz-Date", date}};
    std::string request;
    request.reserve(4096 + post.body.size());  // a string that grows leaves copies of secrets in
                                               // memory
    if (caller != nullptr && caller->session_token) {
        signable.headers.push_back({"X-Amz-Security-Token", caller->session_token->reveal()});
        request.reserve(request.capacity() + caller->session_token->reveal().size());
    }
    request += fmt::format("POST {} HTTP/1.1\r\n", post.path);
    for (const SignableHeader& header : signable.headers) {
        request.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    if (caller != nullptr) {
        const CredentialScope scope(amz_day(signed_at), region.name(), std::string(post.service));
        const std::string to_sign = string_to_sign(canonical_request(signable), date, scope);
        const Secret key = signing_key(caller->secret_access_key, scope);
        request += fmt::format("Authorization: {}\r\n",
                               authorization_header(caller->access_key_id,
                                                    scope,
                                                    signed_header_names(signable),
                                                    signature(key, to_sign)));
    }
    if (!post.user_agent.empty()) {
        request.append("User-Agent: ").append(post.user_agent).append("\r\n");
    }
    request += fmt::format("Content-Length: {}\r\n\r\n", post.body.size());
    request += post.body;
    return Secret::take(request);
}

}  // namespace keyferry::io
