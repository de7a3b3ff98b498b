// SPDX-License-Identifier: Apache-2.0
// A report document as text, Markdown and HTML. Untrusted text must not become markup.
#include "planner/report/document_html.hpp"
#include "planner/report/document_markdown.hpp"
#include "planner/report/document_text.hpp"
#include "planner/text/html_text.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <string>

namespace keyferry::planner {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ReportDocument example() {
    ReportTable table{"Rows", {{"name"}, {"count", TextTable::Align::right}, {"note"}}, {}, 7};
    table.rows = {{"a|b", "1", ""}, {"<i>", "2", ""}};
    ReportDocument document{"A *plan*", {"x -> y"}, {{"made", "a\n<b>"}}, {}};
    document.sections.push_back(ReportSection{"where", "Where", {table}});
    document.sections.push_back(ReportSection{
        "findings",
        "Findings",
        {Finding{FindingSeverity::warning, "a_code", "[a](http://b)", "<b>Do</b>", 1, {"k*"}},
         ReportProse{"Plain."}}});
    document.sections.push_back(ReportSection{
        "code",
        "Code",
        {ReportCode{"It & @all", "json", "a ``` b\n"}, ReportChecklist{"To do", {"<x>", "@all"}}}});
    return document;
}

TEST(Markdown, has_this_layout) {
    EXPECT_EQ(document_markdown(example()), R"(# A \*plan\*

x -&gt; y

- made: a &lt;b&gt;

## Where

| name | count | note |
| --- | ---: | --- |
| a\|b | 1 |  |
| &lt;i&gt; | 2 |  |

... and 7 more, in the JSON report.

## Findings

- **warning**: \[a\](http://b)
  - k\*
  - *&lt;b&gt;Do&lt;/b&gt;*

Plain.

## Code

<details><summary>It &amp; @all</summary>

````json
a ``` b
````

</details>

To do

- [ ] &lt;x&gt;
- [ ] @<!-- -->all
)");
}

TEST(Markdown, lists_findings_without_gaps) {
    ReportDocument document;
    const Finding finding{FindingSeverity::notice, "a_code", "So.", "", 1, {}};
    document.sections.push_back(ReportSection{"findings", "Findings", {finding, finding}});
    EXPECT_THAT(document_markdown(document),
                HasSubstr("\n\n- **notice**: So.\n- **notice**: So.\n"));
}

TEST(Text, begins_with_facts) {
    EXPECT_THAT(document_text(example()),
                StartsWith("A *plan*\n  x -> y\n  made         a\\x0a<b>\n\nWhere\n"));
}

TEST(Text, shows_code_and_checklists) {
    EXPECT_THAT(document_text(example()), HasSubstr(R"(
Code
  It & @all
  a ``` b
  To do
  [ ] <x>
  [ ] @all
)"));
}

TEST(Html, escapes_markup) {
    EXPECT_EQ(html_text("<a href=\"x\" b='y'>&amp;"),
              "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
    EXPECT_EQ(html_text("Süd, \xe6\x97\xa5"), "Süd, \xe6\x97\xa5");
}

TEST(Html, lists_facts) {
    EXPECT_EQ(facts_html(example()),
              "<dl class=\"facts\">\n<dt>made</dt><dd>a\n&lt;b&gt;</dd>\n</dl>\n");
}

TEST(Html, replaces_deceptive_characters) {
    const std::string mark = "\xef\xbf\xbd";
    EXPECT_EQ(html_text("a\x1b[1m\x7f"), "a" + mark + "[1m" + mark);
    EXPECT_EQ(html_text("user\xe2\x80\xaegpj"), "user" + mark + "gpj");    // right to left override
    EXPECT_EQ(html_text("\xe2\x81\xa6x\xe2\x81\xa9"), mark + "x" + mark);  // isolates
    EXPECT_EQ(html_text("\xe2\x80\xa6"), "\xe2\x80\xa6");  // an ellipsis is harmless
    EXPECT_EQ(html_text("\xc2\x9b"), mark);
}

TEST(Html, has_tables_with_scopes_captions_and_labels) {
    const std::string html = section_html(example().sections.at(0), "<b>picture</b>");
    EXPECT_THAT(html,
                StartsWith("<section aria-labelledby=\"where\"><h2 id=\"where\">Where</h2>\n"
                           "<b>picture</b>"));
    EXPECT_THAT(html, HasSubstr("<caption>Rows</caption>"));
    EXPECT_THAT(html, HasSubstr("<th scope=\"col\" class=\"right\">count</th>"));
    EXPECT_THAT(html, HasSubstr("<td data-label=\"name\">&lt;i&gt;</td>"));
    EXPECT_THAT(html, HasSubstr("... and 7 more"));
    EXPECT_THAT(html, Not(HasSubstr("note")));  // an empty column is omitted
}

TEST(Html, highlights_findings) {
    EXPECT_THAT(section_html(example().sections.at(1), ""),
                HasSubstr("<div class=\"finding warning\"><b>warning</b> [a](http://b)\n"
                          "<p class=\"example mono\">k*</p>\n"
                          "<p class=\"advice\">&lt;b&gt;Do&lt;/b&gt;</p>\n</div>\n"
                          "<p>Plain.</p>"));
}

TEST(Html, collapses_code) {
    EXPECT_THAT(section_html(example().sections.at(2), ""),
                HasSubstr("<details><summary>It &amp; @all</summary>"
                          "<pre><code>a ``` b\n</code></pre></details>"));
}

TEST(Html, has_checkboxes) {
    EXPECT_THAT(section_html(example().sections.at(2), ""),
                HasSubstr("<h3>To do</h3><ul class=\"checklist\">\n<li><label><input "
                          "type=\"checkbox\"><span>&lt;x&gt;</span></label></li>"));
}

TEST(Html, links_to_each_section) {
    EXPECT_THAT(contents_html(example()), HasSubstr("<li><a href=\"#findings\">Findings</a></li>"));
}

}  // namespace
}  // namespace keyferry::planner
