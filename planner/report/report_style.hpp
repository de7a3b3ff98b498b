// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace keyferry::planner {

/// The style sheet of the HTML report. It loads no external resources and follows the reader's
/// light or dark preference. Wide tables become cards on narrow screens. Printed pages have no
/// navigation and no background colour behind text. The colours of actions are from the Okabe-Ito
/// palette, which is safe for colour-blind readers.
inline constexpr std::string_view kReportStyle = R"css(
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--paper:#fff;--sheet:#f6f7f9;--line:#d6dae0;
--accent:#0b57a4;--create:#0072b2;--exists:#00795a;--sync:#b37400;--unusable:#c2410c;--blocked:#8b2f6b;
--primary:#3d4752;--extra:#6b7280;--on:#fff;--error:#b42318;--warning:#b37400;--notice:#0b57a4}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa4b0;--paper:#12161b;--sheet:#1b2128;
--line:#323a44;--accent:#7cb7ff;--create:#56b4e9;--exists:#3fc79a;--sync:#e6a832;--unusable:#ff8a5c;
--blocked:#e08fc0;--primary:#aab4c0;--extra:#8b95a1;--on:#12161b;--error:#ff8577;--warning:#e6a832;
--notice:#7cb7ff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.page{max-width:68rem;margin:0 auto;padding:1.25rem 1rem 4rem}
h1,h2,h3{line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere;text-wrap:balance}
h1{font-size:clamp(1.5rem,4.5vw,2.25rem);margin:.25rem 0 .5rem}
h2{font-size:1.3rem;margin:3rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0;max-width:46rem;overflow-wrap:anywhere}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.eyebrow{margin:0;color:var(--soft);font-size:.8rem;letter-spacing:.08em;text-transform:uppercase}
.headline{color:var(--soft)}
.facts{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:1rem 0;font-size:.9rem}
.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.mono,code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1.5rem 0;padding:0;list-style:none}
.tiles li{background:var(--sheet);border:1px solid var(--line);border-radius:10px;padding:.75rem .9rem}
.tiles b{display:block;font-size:1.45rem;line-height:1.2;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.tiles span{color:var(--soft);font-size:.85rem}
nav{background:var(--sheet);border:1px solid var(--line);border-radius:10px;padding:.75rem 1rem}
nav h2{font-size:.8rem;margin:0 0 .4rem;padding:0;border:0;color:var(--soft);letter-spacing:.08em;text-transform:uppercase}
nav ol{margin:0;padding:0 0 0 1.25rem;columns:3 13rem;column-gap:1.5rem}
nav li{break-inside:avoid;padding:.1rem 0}
table{border-collapse:collapse;width:100%;font-size:.93rem;font-variant-numeric:tabular-nums;margin:.5rem 0}
caption{text-align:left;color:var(--soft);font-size:.85rem;padding:0 0 .4rem}
th,td{text-align:left;padding:.4rem .75rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
td:first-child{overflow-wrap:anywhere;min-width:8.5rem}
th{color:var(--soft);font-weight:600;font-size:.82rem;white-space:nowrap}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
th.right,td.right{text-align:right;white-space:nowrap}
.rest{color:var(--soft);font-size:.9rem}
.finding{border-left:4px solid var(--line);background:var(--sheet);border-radius:0 8px 8px 0;padding:.6rem .9rem;margin:.6rem 0;max-width:46rem;overflow-wrap:anywhere}
.finding b{text-transform:uppercase;font-size:.78rem;letter-spacing:.06em;margin-right:.4rem}
.finding p{margin:.3rem 0 0}.finding .advice::before{content:"\2192\00a0"}
.finding .example{font-size:.85rem}
.finding.error{border-color:var(--error)}.finding.error b{color:var(--error)}
.finding.warning{border-color:var(--warning)}.finding.warning b{color:var(--warning)}
.finding.notice{border-color:var(--notice)}.finding.notice b{color:var(--notice)}
details{margin:.6rem 0}
summary{cursor:pointer;font-weight:600;padding:.3rem 0;overflow-wrap:anywhere}
pre code{user-select:all;-webkit-user-select:all}
.checklist{list-style:none;margin:.5rem 0;padding:0;max-width:46rem}
.checklist label{display:flex;gap:.6rem;align-items:baseline;padding:.2rem 0}
.checklist input{flex:none;width:1rem;height:1rem;margin:0;accent-color:var(--accent);transform:translateY(.15rem)}
.checklist span{min-width:0;overflow-wrap:anywhere}
pre{background:var(--sheet);border:1px solid var(--line);border-radius:8px;padding:.75rem 1rem;white-space:pre-wrap;word-break:break-all;margin:.5rem 0}
figure{margin:1rem 0}
figcaption{color:var(--soft);font-size:.85rem;margin-top:.4rem;max-width:46rem}
.scroll{overflow-x:auto;padding-bottom:.4rem}
svg{display:block}
.shapes{position:absolute}
svg text{fill:var(--ink);font:13px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-variant-numeric:tabular-nums}
svg.bars{overflow:visible}
svg.coverage text{font-size:12px}
svg .value,svg .mark{fill:var(--soft)}
svg .mark{font-size:12px}
svg .track{fill:var(--sheet);stroke:var(--line)}
svg .tick{stroke:var(--line)}
svg .limit{stroke:var(--ink);stroke-dasharray:3 3}
svg .run{fill:var(--create)}svg .wait{fill:var(--create);opacity:.45}
svg .slowest{fill:var(--unusable)}
svg .before{fill:var(--primary)}svg .added{fill:var(--create)}
svg .create{fill:var(--create)}svg .exists{fill:var(--exists)}svg .sync{fill:var(--sync)}
svg .unusable{fill:var(--unusable)}svg .blocked{fill:var(--blocked)}svg .primary{fill:var(--primary)}
svg .extra{fill:var(--extra)}
svg .none{fill:none;stroke:var(--line);stroke-dasharray:2 3}
svg .pale{fill-opacity:.18;stroke-width:1}
svg .pale.create{stroke:var(--create)}svg .pale.exists{stroke:var(--exists)}svg .pale.sync{stroke:var(--sync)}
svg .pale.unusable{stroke:var(--unusable)}svg .pale.blocked{stroke:var(--blocked)}
svg .pale.primary{stroke:var(--primary)}svg .pale.extra{stroke:var(--extra)}
svg use{fill:none;stroke:var(--on);stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
svg .pale~use{stroke:var(--ink)}
svg.coverage .count{font-size:13px;font-weight:600}svg.coverage .total{font-size:11px;fill:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.1rem;list-style:none;margin:.25rem 0 .9rem;padding:0;font-size:.88rem;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:.45rem}
.legend b{color:var(--ink);font-variant-numeric:tabular-nums}
.key{flex:none}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}
@media (max-width:36rem){
table.wide,table.wide tbody,table.wide caption{display:block}
table.wide thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.wide tr{display:grid;grid-template-columns:1fr 1fr;column-gap:1.25rem;border:1px solid var(--line);border-radius:8px;padding:.35rem .75rem;margin:.6rem 0}
table.wide td,table.wide td.right{display:flex;justify-content:space-between;gap:.6rem;border:0;padding:.15rem 0;text-align:right;white-space:normal}
table.wide td:not(.right){grid-column:1/-1;overflow-wrap:anywhere}
table.wide td:first-child{font-weight:600}
table.wide td:empty{display:none}
table.wide td[data-label=""]{justify-content:flex-start}table.wide td[data-label=""]::before{content:none}
table.wide td::before{content:attr(data-label);color:var(--soft);font-weight:400;text-align:left;flex:none}
.tiles{grid-template-columns:1fr 1fr}
.tiles b{font-size:1.25rem}
}
@media print{
:root{color-scheme:light}
body{font-size:10.5pt}
.page{max-width:none;padding:0}
table{font-size:9.5pt}
th,td{padding:.25rem .4rem}
pre{font-size:8pt}
nav{display:none}
h2{break-after:avoid;margin-top:1.5rem}
figure,.finding,tr,.tiles li{break-inside:avoid}
.scroll{overflow:visible}
details::details-content{content-visibility:visible;block-size:auto}
svg.coverage{max-width:100%;height:auto}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
@page{size:A4;margin:16mm}
)css";

}  // namespace keyferry::planner
