// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/request_handler.hpp"

#include "tools/simulator/server/plain_response.hpp"
#include "tools/simulator/values/form_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr std::string_view kControl = "/_keyferry/";
constexpr std::string_view kSsoToken = "/token";

std::string ledger_lines(const Ledger& ledger, std::string_view query) {
    const auto pairs = form_pairs(query);
    const auto parameter = pairs.find("from");
    std::size_t from = 0;
    if (parameter != pairs.end()) {
        const std::string& text = parameter->second;
        std::from_chars(text.data(), text.data() + text.size(), from);
    }
    std::string lines;
    for (std::size_t i = from; i < ledger.entries().size(); ++i) {
        append_json(ledger.entries()[i], lines);
        lines.push_back('\n');
    }
    return lines;
}

}  // namespace

HandlerResponse RequestHandler::change_time(std::string_view text) {
    const io::Parsed<TimeChange> change = parse_time_change(text);
    if (!change) {
        return plain_response(kHttpBadRequest, "text/plain", change.error().text + "\n");
    }
    time_control_->change(*change);
    return plain_response(kHttpOk, "application/json", time_json(time_control_->now()));
}

HandlerResponse RequestHandler::control(const io::SignableRequest& request,
                                        const SimulatedTime& time) {
    const std::string_view what = request.path.substr(kControl.size());
    if (what == "ledger" && request.method == "GET") {
        return plain_response(
            kHttpOk, "application/x-ndjson", ledger_lines(kms_.ledger(), request.query));
    }
    if (what == "keys" && request.method == "GET") {
        return plain_response(kHttpOk, "application/json", kms_.model().state_text(time));
    }
    if (what == "faults" && request.method == "PUT") {
        const io::Parsed<FaultSettings> faults = parse_faults(request.body);
        if (!faults) {
            return plain_response(kHttpBadRequest, "text/plain", faults.error().text + "\n");
        }
        kms_.faults().change(*faults);
        return plain_response(kHttpOk, "text/plain", "");
    }
    if (what == "time" && request.method == "GET") {
        return plain_response(kHttpOk, "application/json", time_json(time));
    }
    if (what == "time" && request.method == "PUT" && time_control_ != nullptr) {
        return change_time(request.body);
    }
    return plain_response(kHttpNotFound,
                          "text/plain",
                          "supported: GET /_keyferry/ledger, GET /_keyferry/keys, PUT "
                          "/_keyferry/faults, GET and PUT /_keyferry/time\n");
}

HandlerResponse RequestHandler::respond(const io::SignableRequest& request,
                                        const SimulatedTime& time) {
    HandlerResponse response = dispatch(request, time);
    if (save_) {
        save_();
    }
    return response;
}

HandlerResponse RequestHandler::dispatch(const io::SignableRequest& request,
                                         const SimulatedTime& time) {
    const std::string_view host = header_of(request, "host");
    if (host != host_ && !allowed_hosts_.contains(host)) {
        return plain_response(
            kHttpMisdirected,
            "text/plain",
            fmt::format("the simulator does not serve {}; to allow it, add --host {}\n",
                        host,
                        host.substr(0, host.find(':'))));
    }
    if (host != host_) {
        host_ = host;
    }
    if (auto found = metadata_handler_.respond(request, time)) {
        return *std::move(found);
    }
    if (request.path.substr(0, kControl.size()) == kControl) {
        return control(request, time);
    }
    if (request.method == "POST" && request.path == kSsoToken) {
        return sso_tokens_.renew(request, time);
    }
    if (auto found = organizations_handler_.respond(request, time)) {
        return *std::move(found);
    }
    if (auto found = service_quotas_handler_.respond(request, time)) {
        return *std::move(found);
    }
    const std::string_view form = "application/x-www-form-urlencoded";
    const bool is_form = header_of(request, "content-type").substr(0, form.size()) == form;
    return is_form && header_of(request, "x-amz-target").empty()
               ? sts_handler_.respond(request, time)
               : kms_handler_.respond(request, time);
}

}  // namespace keyferry::simulator
