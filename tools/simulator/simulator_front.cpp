#include "tools/simulator/simulator_front.hpp"

#include "tools/simulator/form_text.hpp"

#include <charconv>
#include <string>
#include <utility>

namespace keyferry {

namespace {

constexpr int kOk = 200;
constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr std::string_view kControl = "/_keyferry/";

FrontAnswer told(int status, std::string_view content_type, std::string body) {
    FrontAnswer answer;
    answer.http_status = status;
    answer.content_type = content_type;
    answer.body = std::move(body);
    return answer;
}

std::string ledger_lines(const Ledger& ledger, std::string_view query) {
    const auto pairs = form_pairs(query);
    const auto asked = pairs.find("from");
    std::size_t from = 0;
    if (asked != pairs.end()) {
        const std::string& text = asked->second;
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

FrontAnswer SimulatorFront::control(const SignableRequest& request, const SimulatedTime& time) {
    const std::string_view what = request.path.substr(kControl.size());
    if (what == "ledger" && request.method == "GET") {
        return told(kOk, "application/x-ndjson", ledger_lines(kms_.ledger(), request.query));
    }
    if (what == "keys" && request.method == "GET") {
        return told(kOk, "application/json", kms_.model().state_text(time));
    }
    if (what == "faults" && request.method == "PUT") {
        const Parsed<FaultSettings> faults = parse_faults(request.body);
        if (!faults) {
            return told(kBadRequest, "text/plain", faults.error().text + "\n");
        }
        kms_.faults().change(*faults);
        return told(kOk, "text/plain", "");
    }
    return told(kNotFound,
                "text/plain",
                "there are GET /_keyferry/ledger, GET /_keyferry/keys and PUT /_keyferry/faults\n");
}

FrontAnswer SimulatorFront::answer(const SignableRequest& request, const SimulatedTime& time) {
    if (auto found = instance_front_.answer(request, time)) {
        return *std::move(found);
    }
    if (request.path.substr(0, kControl.size()) == kControl) {
        return control(request, time);
    }
    const std::string_view form = "application/x-www-form-urlencoded";
    const bool is_form = header_of(request, "content-type").substr(0, form.size()) == form;
    return is_form && header_of(request, "x-amz-target").empty() ? sts_front_.answer(request, time)
                                                                 : kms_front_.answer(request, time);
}

}  // namespace keyferry
