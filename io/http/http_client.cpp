// SPDX-License-Identifier: Apache-2.0
#include "io/http/http_client.hpp"

#include "io/http/connection.hpp"
#include "io/http/connection_pool.hpp"

#include <utility>

namespace keyferry::io {

int HttpResponse::status() const noexcept {
    return lease_->response().status();
}

std::string_view HttpResponse::body() const noexcept {
    return lease_->response().body();
}

std::string_view HttpResponse::header(ResponseHeader name) const noexcept {
    return lease_->response().header(name);
}

boost::asio::awaitable<HttpOutcome> HttpTarget::exchange(std::string_view request,
                                                         Repeat repeat) const {
    return ConnectionPool::exchange(pool_, request, repeat);
}

HttpClient::HttpClient(boost::asio::io_context& io, Clock& clock, HttpSettings settings)
    : environment_(std::make_shared<HttpEnvironment>(io, clock, std::move(settings))) {}

HttpClient::~HttpClient() = default;

HttpTarget HttpClient::target(const HttpOrigin& origin) {
    std::shared_ptr<ConnectionPool>& pool = pools_[origin];
    if (!pool) {
        pool = std::make_shared<ConnectionPool>(environment_, origin);
    }
    return HttpTarget(pool);
}

}  // namespace keyferry::io
