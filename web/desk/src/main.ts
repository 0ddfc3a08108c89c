import '$shared/base.css';
import { mount } from 'svelte';
import App from './App.svelte';

document.documentElement.dataset.density = 'desk';
const target = document.getElementById('app');
if (target) mount(App, { target });
