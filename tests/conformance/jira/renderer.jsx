// `show(document)`: Jira's own renderer draws a document of ours into the page, before it returns.
import { ReactRenderer } from "@atlaskit/renderer";
import React from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { IntlProvider } from "react-intl-next";

let root;
window.show = (document) => {
  root ??= createRoot(window.document.body);
  flushSync(() =>
    root.render(
      <IntlProvider locale="en">
        <ReactRenderer document={document} />
      </IntlProvider>,
    ),
  );
};
