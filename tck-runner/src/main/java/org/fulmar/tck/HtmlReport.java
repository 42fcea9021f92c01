package org.fulmar.tck;

/** A report as a page that needs no other file but the logs that it links. Stateless. */
final class HtmlReport {
    private static final String STYLE = """
            body { font: 15px/1.4 sans-serif; margin: 2em auto; max-width: 75em; }
            table { border-collapse: collapse; width: 100%; }
            td, th { border-bottom: 1px solid #ddd; padding: .2em .6em; text-align: left; vertical-align: top; }
            .FAILED { background: #fdd; } .SKIPPED { background: #ffd; } .n { text-align: right; }
            """;

    private HtmlReport() {}

    static String of(RunReport run) {
        StringBuilder page = new StringBuilder(
                        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>")
                .append(escaped(run.title()))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style></head>\n<body>\n<h1>")
                .append(escaped(run.title()))
                .append("</h1>\n<p>started ")
                .append(escaped(run.started()))
                .append(", took ")
                .append(TextReport.seconds(run.millis()))
                .append("</p>\n<p><strong>")
                .append(run.summary())
                .append("</strong></p>\n");
        for (String incident : run.incidents()) {
            page.append("<p class=\"FAILED\">").append(escaped(incident)).append("</p>\n");
        }
        page.append(
                "<table>\n<tr><th>class</th><th>passed</th><th>failed</th><th>skipped</th><th>duration</th></tr>\n");
        run.classes().forEach(each -> row(page, each));
        page.append("</table>\n");
        run.classes().forEach(each -> tests(page, run, each));
        return page.append("</body>\n</html>\n").toString();
    }

    private static void row(StringBuilder page, ClassReport of) {
        String name = escaped(of.className());
        page.append("<tr class=\"")
                .append(of.count(Verdict.FAILED) > 0 ? Verdict.FAILED : Verdict.PASSED)
                .append("\"><td><a href=\"#")
                .append(name)
                .append("\">")
                .append(name)
                .append("</a></td>");
        for (Verdict verdict : Verdict.values()) {
            page.append("<td class=\"n\">").append(of.count(verdict)).append("</td>");
        }
        page.append("<td class=\"n\">").append(TextReport.seconds(of.millis())).append("</td></tr>\n");
    }

    private static void tests(StringBuilder page, RunReport run, ClassReport of) {
        String name = escaped(of.className());
        page.append("<h2 id=\"").append(name).append("\">").append(name).append("</h2>\n<p><a href=\"logs/");
        page.append(name).append(".log\">log</a></p>\n<table>\n");
        for (TestResult result : of.results()) {
            String cause = run.pending().get(result.name().toString());
            page.append("<tr class=\"")
                    .append(result.verdict())
                    .append("\"><td>")
                    .append(escaped(result.name().method()))
                    .append("</td><td>")
                    .append(result.verdict())
                    .append("</td><td class=\"n\">")
                    .append(TextReport.seconds(result.millis()))
                    .append("</td><td>")
                    .append(cause == null ? "" : "<em>pending: " + escaped(cause) + "</em> ")
                    .append(escaped(result.reason()))
                    .append("</td></tr>\n");
        }
        page.append("</table>\n");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
