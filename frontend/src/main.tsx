import { render } from "preact";
import { App } from "./App";
import { listen } from "./live";
import { begin } from "./state";
import "./style.css";

begin();
listen();
render(<App />, document.getElementById("app")!);
